/** The release this is, as in the package's manifest. */
export const VERSION = "0.2.0";
