/** The sign of the house: a keyhole seen from the front. */
export function Mark({ className = 'size-7' }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={`shrink-0 ${className}`}>
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <path
        d="M21.5 12.2a6.6 6.6 0 1 0 0 7.6"
        fill="none"
        strokeWidth="2.6"
        strokeLinecap="round"
        className="stroke-on-accent"
      />
      <circle cx="16.2" cy="16" r="1.9" className="fill-on-accent" />
    </svg>
  )
}
