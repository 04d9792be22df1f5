/** What this project uses of haraka-config 1.7, which ships no types. */
declare module 'haraka-config' {
  namespace config {
    interface Config {
      /** `config` folder of the package (its defaults), or of the install where there is no package. */
      readonly root_path: string
      /** `config` folder of the Haraka install, whose files go before those of the package. */
      readonly overrides_path?: string
      /**
       * Content of a file. `changed` is called after each reload of it, in every process; it belongs to the *last*
       * `get` of the file, so that each `get` must pass it again.
       */
      get(name: string, type: 'data', changed?: (error?: Error) => void): readonly string[]
      get(name: string, type: 'ini'): Readonly<Record<string, Readonly<Record<string, unknown>>>>
      stop_watching(name: string): void
      module_config(packageDir: string, harakaDir?: string): Config
    }
  }
  const config: config.Config
  export = config
}
