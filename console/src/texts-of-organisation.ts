/** The texts of the page about an organisation's look. */
export const organisationTexts = {
  title: 'How do our pages look?',
  answers: {
    plain: 'As Custodia’s own.',
    named: (name: string) => `People see “${name}”.`,
    dressed: 'They have a look of their own.',
  },
  note: 'Anybody who opens the sign-in page sees it. The address and Custodia’s name stay on it, so that no page can be dressed as another.',
  name: 'Name',
  nameHint: 'As people know you. Empty: the sign-in page says Custodia.',
  nameWrong: 'This has characters that can’t be seen or that turn text around.',
  colour: 'Colour',
  colourHint: 'As in #0a7d5c. Empty: Custodia’s blue.',
  colourWrong: 'This is not a colour such as #0a7d5c.',
  pick: 'Pick a colour',
  adjusted: {
    light: 'It is made darker on light pages, so that it can be read.',
    dark: 'It is made lighter or darker on dark pages, so that it can be read.',
    both: 'It is adjusted on light and on dark pages, so that it can be read.',
  },
  logo: 'Logo',
  logoHint:
    'PNG, JPEG or WebP. A large one is made smaller here. What else the file says, such as where it was taken, is not kept.',
  choose: 'Choose a picture',
  remove: 'Remove the logo',
  unreadable: 'This can’t be read as a PNG, JPEG or WebP picture.',
  tooLarge: 'This picture can’t be made small enough. Take a simpler one.',
  preview: 'Preview',
  previews: { light: 'Preview on a light page', dark: 'Preview on a dark page' },
  example: { heading: (name: string) => `Sign in to ${name}`, button: 'Sign in', link: 'Can’t sign in?' },
  save: 'Save the look',
  saved: 'Saved. Whoever opens a page from now on sees it.',
} as const
