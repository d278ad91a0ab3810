/** Nobody stands on this module: files are asked for over HTTP. */
export type Uploads = {
  /** Resolves once nothing is looked at in this process. */
  idle(): Promise<void>
}
