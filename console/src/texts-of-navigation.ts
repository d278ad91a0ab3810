/** The names of the pages about access, which the sidebar shows. */
export const navigationTexts = {
  access: 'Access',
  browserReports: 'Browser reports',
  roles: 'Roles',
  groups: 'Groups',
  serviceAccounts: 'Service accounts',
  approvals: 'Approvals',
  reviews: 'Access reviews',
  what: 'What one may do',
  who: 'Who may do it',
  limits: 'Limits',
  uploads: 'Uploads',
  webhooks: 'Webhooks',
} as const
