import type { CDPSession, Page } from 'playwright-core'

type Kind = { readonly transport: 'internal' | 'usb'; readonly synced: boolean }

/** What Chromium tells of a passkey that a virtual authenticator holds. */
type Held = { readonly credentialId: string; readonly signCount: number }

/** An authenticator in Chromium that touches and recognises its person by itself (DevTools protocol, domain WebAuthn). */
export class VirtualAuthenticator {
  readonly #session: CDPSession
  readonly #id: string

  private constructor(session: CDPSession, id: string) {
    this.#session = session
    this.#id = id
  }

  static async plugIn(page: Page, { transport, synced }: Kind): Promise<VirtualAuthenticator> {
    const session = await page.context().newCDPSession(page)
    await session.send('WebAuthn.enable', { enableUI: false })
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport,
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
        defaultBackupEligibility: synced,
        defaultBackupState: synced,
      },
    })
    return new VirtualAuthenticator(session, authenticatorId)
  }

  async held(): Promise<readonly Held[]> {
    const { credentials } = await this.#session.send('WebAuthn.getCredentials', { authenticatorId: this.#id })
    return credentials
  }

  /** Lets its only passkey count again from `signCount`, as one does that was copied before. */
  async countFrom(signCount: number): Promise<void> {
    const authenticatorId = this.#id
    const { credentials } = await this.#session.send('WebAuthn.getCredentials', { authenticatorId })
    const [only] = credentials
    if (only === undefined) throw new Error('the authenticator holds no passkey')
    await this.#session.send('WebAuthn.removeCredential', { authenticatorId, credentialId: only.credentialId })
    await this.#session.send('WebAuthn.addCredential', { authenticatorId, credential: { ...only, signCount } })
  }

  /** From now on the person is not recognised: a wrong finger. */
  async recognise(isUserVerified: boolean): Promise<void> {
    await this.#session.send('WebAuthn.setUserVerified', { authenticatorId: this.#id, isUserVerified })
  }
}
