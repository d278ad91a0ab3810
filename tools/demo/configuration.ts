/** What the demo configures: Inbox behind the gateway, and two roles for its people. */
export function demoConfiguration(inboxUpstream: string): string {
  return `# Written by npm run demo at every start.
access:
  roles:
    member:
      summary: Reads mail, and puts labels on it.
      permissions: ["inbox:*"]
    reader:
      summary: Reads mail, and nothing else.
      permissions: ["inbox:read"]
gateway:
  applications:
    inbox:
      title: Inbox
      host: inbox.localhost
      upstream: ${inboxUpstream}
      permissions:
        inbox:read: Read and search mail.
        inbox:write: Put labels on mail.
        inbox:import: See what was imported.
      rules:
        - { path: "/imports", permission: "inbox:import" }
        - { path: "/imports/**", permission: "inbox:import" }
        - { path: "/**", methods: [GET], permission: "inbox:read" }
        - { path: "/**", methods: [POST], permission: "inbox:write" }
`
}
