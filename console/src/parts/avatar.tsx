/** A person's initials; decoration beside the name. */
export function Avatar({ name }: { name: string }) {
  const words = name.split(/\s+/).filter((word) => word !== '')
  const initials = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '')
  return (
    <span
      aria-hidden="true"
      className="flex size-8 shrink-0 items-center justify-center rounded-full bg-accent-soft text-xs font-semibold text-link uppercase"
    >
      {initials.join('')}
    </span>
  )
}
