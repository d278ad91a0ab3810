import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** A program that some suites need and that npm does not bring. */
type Prerequisite = {
  readonly name: string
  readonly packages: readonly string[]
  readonly suites: string
  present(): boolean
}

const prerequisites: readonly Prerequisite[] = [
  { name: 'argon2', packages: ['argon2'], suites: 'hashes of the reference', present: () => found('argon2') },
  {
    name: 'chromium',
    packages: ['chromium'],
    suites: 'browser journeys',
    present: () => existsSync('/usr/bin/chromium'),
  },
  {
    name: 'clamd',
    packages: ['clamav-daemon'],
    suites: 'uploads against a real scanner',
    present: () => found('clamd'),
  },
  { name: 'ffuf', packages: ['ffuf'], suites: 'scans with ffuf', present: () => found('ffuf') },
  { name: 'hydra', packages: ['hydra'], suites: 'guessing with hydra', present: () => found('hydra') },
  {
    name: 'nginx',
    packages: ['nginx-light'],
    suites: 'figures beside nginx',
    present: () => existsSync('/usr/sbin/nginx'),
  },
  {
    name: 'oathtool',
    packages: ['oathtool'],
    suites: 'TOTP against another implementation',
    present: () => found('oathtool'),
  },
  {
    name: 'python3 with cryptography',
    packages: ['python3', 'python3-cryptography'],
    suites: 'the guide that has an application in Python',
    present: () => spawnSync('python3', ['-c', 'import cryptography']).status === 0,
  },
  { name: 'redis-server', packages: ['redis-server'], suites: 'Redis contracts', present: () => found('redis-server') },
  {
    name: 'slowhttptest',
    packages: ['slowhttptest'],
    suites: 'slow clients of slowhttptest',
    present: () => found('slowhttptest'),
  },
  { name: 'sslscan', packages: ['sslscan'], suites: 'TLS as sslscan sees it', present: () => found('sslscan') },
  { name: 'sqlmap', packages: ['sqlmap'], suites: 'scans with sqlmap', present: () => found('sqlmap') },
  { name: 'testssl', packages: ['testssl.sh'], suites: 'TLS as testssl.sh sees it', present: () => found('testssl') },
  { name: 'wapiti', packages: ['wapiti'], suites: 'scans with wapiti', present: () => found('wapiti') },
  {
    name: 'a second PostgreSQL (15)',
    packages: ['postgresql-15'],
    suites: 'PostgreSQL 15 contracts',
    present: () => existsSync('/usr/lib/postgresql/15/bin/postgres'),
  },
]

/**
 * Finds what the suites need, and installs it where that is allowed: as root on Debian or Ubuntu.
 *
 * @returns what is missing still, in words.
 */
export function ensurePrerequisites(): string[] {
  let missing = prerequisites.filter((one) => !one.present())
  if (missing.length > 0 && mayInstall()) {
    const packages = missing.flatMap((one) => one.packages)
    console.log(`Installing ${packages.join(', ')} …`)
    // A server that the package would start on its own is none of the tests' business.
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env: environment })
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
      stdio: 'ignore',
      env: environment,
    })
    missing = missing.filter((one) => !one.present())
  }
  return missing.map((one) => `${one.name} (left out: ${one.suites})`)
}

const found = (program: string) => spawnSync('which', [program]).status === 0

function mayInstall(): boolean {
  const system = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  return process.getuid?.() === 0 && /^ID(?:_LIKE)?=.*(?:debian|ubuntu)/m.test(system)
}
