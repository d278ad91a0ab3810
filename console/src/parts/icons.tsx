import type { ReactNode } from 'react'

/** Drawn on a grid of 16, one stroke; decoration beside a word, hence hidden from screen readers. */
function Icon(props: { children: ReactNode; className?: string }) {
  return (
    <svg
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className={`size-4 shrink-0 ${props.className ?? ''}`}
    >
      {props.children}
    </svg>
  )
}

type Props = { className?: string }
const icon = (drawing: ReactNode) => (props: Props) => <Icon {...props}>{drawing}</Icon>

export const HomeIcon = icon(<path d="M2.5 7 8 2.5 13.5 7v5.5a1 1 0 0 1-1 1h-3V10h-3v3.5h-3a1 1 0 0 1-1-1Z" />)
export const DevicesIcon = icon(
  <>
    <rect x="1.5" y="3" width="9.5" height="7" rx="1" />
    <path d="M4 13h3.5" />
    <rect x="10.5" y="6.5" width="4" height="7" rx="1" fill="var(--color-canvas)" />
  </>,
)
export const KeyIcon = icon(
  <>
    <circle cx="5" cy="11" r="2.75" />
    <path d="m7 9 6-6M11 5l1.8 1.8M9 7l1.2 1.2" />
  </>,
)
export const PeopleIcon = icon(
  <>
    <circle cx="6" cy="5.5" r="2.5" />
    <path d="M1.5 13.5c.3-2.6 2-4 4.5-4s4.2 1.4 4.5 4M10.5 3.2a2.4 2.4 0 0 1 0 4.6M12.2 9.8c1.4.5 2.2 1.8 2.4 3.7" />
  </>,
)
export const LedgerIcon = icon(
  <>
    <path d="M8 4.5v3M4 11V9.5a2 2 0 0 1 2-2h4a2 2 0 0 1 2 2V11" />
    <circle cx="8" cy="3" r="1.5" />
    <circle cx="4" cy="12.5" r="1.5" />
    <circle cx="12" cy="12.5" r="1.5" />
  </>,
)
export const MailIcon = icon(
  <>
    <rect x="1.5" y="3" width="13" height="10" rx="1.5" />
    <path d="m2 4.5 6 4.5 6-4.5" />
  </>,
)
export const FileIcon = icon(
  <>
    <path d="M3.5 1.5h5.5l3.5 3.5v9.5h-9Z" />
    <path d="M9 1.5V5h3.5M8 12V8M6 9.8 8 7.8l2 2" />
  </>,
)
export const MenuIcon = icon(<path d="M2 4.5h12M2 8h12M2 11.5h12" />)
export const CloseIcon = icon(<path d="m4 4 8 8M12 4l-8 8" />)
export const CheckIcon = icon(<path d="m3 8.5 3.2 3.2L13 4.8" />)
export const CopyIcon = icon(
  <>
    <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
    <path d="M10.5 3.5v-.3a.8.8 0 0 0-.8-.7H3.3a.8.8 0 0 0-.8.8v6.4c0 .4.3.8.8.8h.2" />
  </>,
)
export const WarningIcon = icon(
  <path d="M8 6v3.2M8 11.6v.1M7.1 2.6 1.6 12a1 1 0 0 0 .9 1.5h11a1 1 0 0 0 .9-1.5L8.9 2.6a1 1 0 0 0-1.8 0Z" />,
)
export const InfoIcon = icon(
  <>
    <circle cx="8" cy="8" r="6" />
    <path d="M8 7.5v3.2M8 5.2v.1" />
  </>,
)
export const StopIcon = icon(
  <>
    <circle cx="8" cy="8" r="6" />
    <path d="m5.8 5.8 4.4 4.4M10.2 5.8l-4.4 4.4" />
  </>,
)
export const UnknownIcon = icon(
  <>
    <circle cx="8" cy="8" r="6" />
    <path d="M5.5 8h5" />
  </>,
)
export const ShieldIcon = icon(
  <>
    <path d="M8 1.8 13 3.6v4c0 3.2-2 5.4-5 6.6-3-1.2-5-3.4-5-6.6v-4Z" />
    <path d="m5.8 7.9 1.6 1.6 2.9-3" />
  </>,
)
export const BrushIcon = icon(
  <>
    <path d="M13.5 2.5 7 9.2M9.4 5.6l1.4 1.5" />
    <path d="M6.8 9.3c1.2 1 1 3.9-4.3 4.2 1.2-1 .8-2.4 1.5-3.5.6-1 1.9-1.3 2.8-.7Z" />
  </>,
)
export const EyeIcon = icon(
  <>
    <path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8Z" />
    <circle cx="8" cy="8" r="1.9" />
  </>,
)
export const EyeOffIcon = icon(
  <path d="M6.3 3.7A6.6 6.6 0 0 1 8 3.5c4 0 6.5 4.5 6.5 4.5a12 12 0 0 1-2 2.5M9.9 12.2a6.3 6.3 0 0 1-1.9.3C4 12.5 1.5 8 1.5 8a11.6 11.6 0 0 1 2.7-3.1M6.7 6.7a1.9 1.9 0 0 0 2.6 2.6M2.5 2.5l11 11" />,
)
export const SearchIcon = icon(
  <>
    <circle cx="7" cy="7" r="4.5" />
    <path d="m10.5 10.5 3 3" />
  </>,
)
export const ChevronIcon = icon(<path d="m6 3.5 4.5 4.5L6 12.5" />)
export const ExpandIcon = icon(<path d="m5 6 3-3 3 3M5 10l3 3 3-3" />)
export const ArrowOutIcon = icon(<path d="M6 3.5h6.5V10M12 4l-8 8" />)
export const PlusIcon = icon(<path d="M8 3v10M3 8h10" />)
export const RefreshIcon = icon(<path d="M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 2v3h-3" />)
export const SignOutIcon = icon(<path d="M6.5 13.5h-3a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1h3M10.5 11l3-3-3-3M13.5 8h-7" />)
export const DesktopIcon = icon(
  <>
    <rect x="1.5" y="2.5" width="13" height="8.5" rx="1.2" />
    <path d="M5.5 13.5h5M8 11v2.5" />
  </>,
)
export const PhoneIcon = icon(
  <>
    <rect x="4.5" y="1.5" width="7" height="13" rx="1.5" />
    <path d="M7.2 12.3h1.6" />
  </>,
)
export const PasskeyIcon = icon(
  <>
    <circle cx="6" cy="5" r="2.5" />
    <path d="M1.5 13.5c.3-2.6 2-4 4.5-4 .7 0 1.3.1 1.9.3" />
    <circle cx="11.5" cy="8.5" r="2" />
    <path d="M11.5 10.5v4M11.5 12.5H13" />
  </>,
)
export const ProgramIcon = icon(
  <>
    <rect x="1.75" y="2.5" width="12.5" height="11" rx="1.5" />
    <path d="m4.5 6 2 2-2 2M8.5 10.5h3" />
  </>,
)
export const RuleIcon = icon(
  <path d="M2.5 4h6M11.5 4h2M2.5 8h2M7.5 8h6M2.5 12h6M11.5 12h2M10 2.5v3M6 6.5v3M10 10.5v3" />,
)
export const DecisionIcon = icon(
  <>
    <path d="M8 14V8M8 8 3.5 4M8 8l4.5-4" />
    <path d="M3 7V3.5h3.5M9.5 3.5H13V7" />
  </>,
)
export const PolicyIcon = icon(
  <>
    <path d="M4 1.5h5.5L13 5v9.5H4Z" />
    <path d="m6.2 9.6 1.5 1.5 2.8-3" />
  </>,
)
