import type { Theme } from '@custodia/wire/http/theme.ts'
import { Mark } from '../parts/mark.tsx'
import { themeTexts } from '../texts-of-theme.ts'
import { useTheme } from './theme.ts'

/** @param alt empty where the name stands beside it. */
export function Logo({ logo, alt, className }: { logo: NonNullable<Theme['logo']>; alt: string; className: string }) {
  return (
    <img src={logo.path} width={logo.width} height={logo.height} alt={alt} className={`${logoClass} ${className}`} />
  )
}

/** Most logos were drawn for paper: in the dark they stand on a light plate. */
export const logoClass = 'w-auto shrink-0 rounded-md bg-plate object-contain object-left dark:p-1'

/** What stands over the forms before the sign-in: the logo, or the sign of the house with the name. */
export function GateBrand() {
  const { name, logo } = useTheme()
  if (logo !== null) return <Logo logo={logo} alt={name ?? ''} className="h-12 max-w-full" />
  return (
    <p className="flex items-center gap-3">
      <Mark className="size-10" />
      {name !== null && <span className="min-w-0 text-[15px] font-semibold break-words">{name}</span>}
    </p>
  )
}

/** Whoever shows a name or a logo of their own also shows whose page it is: no look can make it another one's. */
export function GateOrigin() {
  const { name, logo } = useTheme()
  if (name === null && logo === null) return null
  return (
    <p className="mt-10 border-t border-line pt-4 text-[13px] break-words text-muted">
      {themeTexts.origin(location.host)}
    </p>
  )
}

/** What stands over the navigation of somebody who is signed in. @param name the organisation's own, where its pages have no other. */
export function SidebarBrand({ name }: { name: string }) {
  const theme = useTheme()
  return (
    <>
      {theme.logo === null ? <Mark /> : <Logo logo={theme.logo} alt="" className="h-7 max-w-24" />}
      <span className="truncate text-[15px] font-semibold">{theme.name ?? name}</span>
    </>
  )
}
