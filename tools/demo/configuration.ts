/** What the demo configures: Inbox behind the gateway, and two roles for its people. */
export function demoConfiguration(inboxUpstream: string): string {
  return `# Written by npm run demo at every start.
access:
  roles:
    member:
      summary: Uses Inbox, and shares what is theirs.
      permissions: ["inbox:read", "inbox:write", "inbox:import"]
    reader:
      summary: Reads in Inbox what is shared with them, and nothing else.
      permissions: ["inbox:read"]
gateway:
  applications:
    inbox:
      title: Inbox
      host: inbox.localhost
      upstream: ${inboxUpstream}
      permissions:
        inbox:read: Open Inbox, to read what is shared with them.
        inbox:write: Change in Inbox what they may.
        inbox:import: See what was imported.
        inbox:mail:read: Read a mailbox or folder.
        inbox:mail:write: Label and move what is in a mailbox or folder.
        inbox:mail:share: Share a mailbox or folder.
      resources:
        mailbox:
          manage: owner
          relations:
            owner: { is: { direct: [user, group, role] }, permissions: ["inbox:mail:read", "inbox:mail:write", "inbox:mail:share"] }
            editor:
              is: { any: [{ direct: [user, group, role] }, { relation: owner }] }
              permissions: ["inbox:mail:read", "inbox:mail:write"]
            reader:
              is: { any: [{ direct: [user, group, role] }, { relation: editor }] }
              permissions: ["inbox:mail:read"]
        folder:
          manage: owner
          relations:
            parent: { is: { direct: [mailbox] } }
            owner: { is: { relation: owner, from: parent }, permissions: ["inbox:mail:read", "inbox:mail:write", "inbox:mail:share"] }
            editor:
              is: { any: [{ direct: [user, group, role] }, { relation: owner }, { relation: editor, from: parent }] }
              permissions: ["inbox:mail:read", "inbox:mail:write"]
            reader:
              is: { any: [{ direct: [user, group, role] }, { relation: editor }, { relation: reader, from: parent }] }
              permissions: ["inbox:mail:read"]
      rules:
        - { path: "/imports", permission: "inbox:import" }
        - { path: "/imports/**", permission: "inbox:import" }
        - { path: "/**", methods: [GET], permission: "inbox:read" }
        - { path: "/**", methods: [POST], permission: "inbox:write" }
`
}
