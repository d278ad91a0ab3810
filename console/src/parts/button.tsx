import type { ButtonHTMLAttributes } from 'react'

const looks = {
  primary: 'bg-accent text-on-accent shadow-control enabled:hover:bg-accent-hover',
  secondary: 'border border-edge bg-raised text-ink shadow-control enabled:hover:bg-hover',
  grave: 'border border-edge bg-raised text-bad shadow-control enabled:hover:bg-bad-soft',
  quiet: 'text-muted enabled:hover:bg-hover enabled:hover:text-ink',
  danger: 'bg-danger text-on-danger shadow-control enabled:hover:bg-danger-hover',
} as const

const sizes = { normal: 'h-9 px-3.5', small: 'h-8 px-2.5', icon: 'size-9' } as const

type Look = { look?: keyof typeof looks; size?: keyof typeof sizes }

/** The look of a button, for what is one without being a `<button>`. */
export function buttonClass({ look = 'secondary', size = 'normal' }: Look = {}): string {
  return `inline-flex items-center justify-center gap-2 rounded-md font-medium whitespace-nowrap select-none
    transition-colors duration-100 disabled:opacity-55 ${looks[look]} ${sizes[size]}`
}

/** @param busy the act is under way: it can't be pressed twice, and says so. */
export function Button({
  look,
  size,
  busy = false,
  className = '',
  disabled = false,
  type = 'button',
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & Look & { busy?: boolean }) {
  return (
    <button
      type={type}
      disabled={disabled || busy}
      aria-busy={busy}
      className={`${buttonClass({ ...(look && { look }), ...(size && { size }) })} ${busy ? 'cursor-progress' : ''} ${className}`}
      {...rest}
    />
  )
}
