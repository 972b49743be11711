// The npm plugins, each with a program in `../npm/` and what that program needs besides the SDKs: all
// peers, since not every package manager installs them.

const REACT_18 = { react: "^18", "react-dom": "^18", "@types/react": "^18" };
const REACT_19 = { react: "^19", "react-dom": "^19", "@types/react": "^19" };

/** `module` and `moduleResolution` of the compiler. */
export const NODE16 = ["node16", "node16"];
export const BUNDLER = ["esnext", "bundler"];
export const BOTH = [NODE16, BUNDLER];

// The declarations of this runtime's early versions count as CommonJS under node16, so that its own
// message types differ from those that an ES module imports: it accepts no service at all.
const BUNDLER_ONLY = [BUNDLER];

/** Name of the file, plugin (newest version unless named), what the program needs, how it is
 * compiled, and what yarn must be told of packages that name too little. */
export const PROGRAMS = [
  {
    name: "es-2",
    plugin: "bufbuild/es",
    needs: { "@bufbuild/protobuf": "^2", "@connectrpc/connect": "^2" },
    resolutions: BOTH,
  },
  {
    name: "es-1",
    plugin: "bufbuild/es:v1.10.0",
    needs: { "@bufbuild/protobuf": "^1.10" },
    resolutions: BOTH,
  },
  {
    name: "connectrpc-es",
    plugin: "connectrpc/es",
    needs: { "@bufbuild/protobuf": "^1.10", "@connectrpc/connect": "^1.6.1" },
    resolutions: BOTH,
  },
  {
    name: "connectrpc-query-es",
    plugin: "connectrpc/query-es",
    needs: {
      "@bufbuild/protobuf": "^2.13",
      "@connectrpc/connect": "^2",
      "@connectrpc/connect-query": "^2.3.1",
      "@tanstack/react-query": "^5.62",
      ...REACT_19,
    },
    resolutions: BOTH,
    // The runtime's own flaw: its core wants a peer that the runtime does not hand down.
    extensions: { "@connectrpc/connect-query@*": { dependencies: { "@tanstack/query-core": "^5.62" } } },
  },
  {
    name: "connect-es",
    plugin: "bufbuild/connect-es",
    needs: { "@bufbuild/protobuf": "^1.3", "@bufbuild/connect": "^0.13" },
    resolutions: BUNDLER_ONLY,
  },
  {
    name: "connect-web",
    plugin: "bufbuild/connect-web",
    needs: { "@bufbuild/protobuf": "^1.2", "@bufbuild/connect": "^0.8.6", "@bufbuild/connect-web": "^0.8.6" },
    resolutions: BUNDLER_ONLY,
  },
  {
    name: "connect-query",
    plugin: "bufbuild/connect-query",
    needs: {
      "@bufbuild/protobuf": "^1.3",
      "@bufbuild/connect": "^0.13",
      "@bufbuild/connect-query": "^0.4.1",
      "@tanstack/react-query": "^4.20.4",
      ...REACT_18,
    },
    resolutions: BUNDLER_ONLY,
  },
  {
    name: "protobuf-ts",
    plugin: "community/timostamm-protobuf-ts",
    needs: { "@protobuf-ts/runtime": "^2.11.1", "@protobuf-ts/runtime-rpc": "^2.11.1" },
    resolutions: BOTH,
  },
];
