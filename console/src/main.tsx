import { CSPProvider } from '@base-ui/react/csp-provider'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { makeQueryClient } from './query-client.ts'
import { makeRouter } from './router.tsx'
import { loadTheme, namedOrganisation } from './theme/theme.ts'
import './styles.css'

// The session ended under an open page: a full load of the sign-in page leaves nothing of it in memory.
const queryClient = makeQueryClient(() => {
  const { pathname, search, hash } = window.location
  window.location.assign(`/sign-in?${new URLSearchParams({ next: pathname + search + hash })}`)
})
// Asked for at once, beside who is signed in: the router would ask for one after the other.
const router = makeRouter(queryClient, loadTheme(namedOrganisation(window.location.search)))

// After a change of page the reading position moves to its heading, as it would after a full load.
router.subscribe('onRendered', ({ fromLocation, pathChanged }) => {
  if (fromLocation !== undefined && pathChanged) document.querySelector('h1')?.focus({ preventScroll: true })
})

const element = document.getElementById('root')
if (element === null) throw new Error('index.html has no #root')
createRoot(element).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
)
