/** What an error code tells: the text of `docs/errors.md`. Code stands in backticks. */
export type ErrorExplanation = {
  /** What is the case. */
  readonly means: string;
  /** What to do next, and whether the controller loop tries again by itself. */
  readonly next: string;
};

/** Codes of operational failures by the part of the product that they are about, in the order of the page. */
export const ERRORS = {
  process: {
    CARTO_USAGE: { means: 'an option has a value that it cannot have', next: 'see the message, or `--help`' },
    CARTO_PORT_IN_USE: {
      means: 'another process has the port',
      next: 'stop it, or choose another: `--port`, `--metrics-address`',
    },
    CARTO_PORT_FORBIDDEN: { means: 'this user may not listen on the port', next: 'choose one above 1023' },
    CARTO_CERTIFICATE: {
      means: 'the certificate folder of the webhooks lacks a file, or certificate and key do not belong together',
      next: 'put a matching `tls.crt` and `tls.key` there',
    },
    CARTO_LISTEN_FAILED: { means: 'the address cannot be listened on', next: 'see the message' },
    CARTO_STOPPING: {
      means: 'the process is stopping; what was going on was cut short',
      next: 'nothing: it is done again at the next start',
    },
    CARTO_PART_ENDED: {
      means: 'a part that must run for ever ended by itself',
      next: 'a bug: please report it with the log',
    },
    CARTO_PLAN_UNSETTLED: {
      means: 'planning one owner did not come to an end',
      next: "a bug: please report it with the owner's YAML",
    },
    CARTO_LEASE_LOST: {
      means: 'this process led and does no longer',
      next: 'nothing: another process leads; restart this one to wait for its turn',
    },
    CARTO_NOT_LEADER: {
      means: 'a write was not sent, because this process does not lead',
      next: 'nothing: the leader does the work',
    },
  },
  commandLine: {
    CARTO_CONFIG: {
      means: 'the config file of the command line cannot be used; the message has its path and the field',
      next: 'correct it, or name another by `CARTO_CONFIG`',
    },
    CARTO_TARGET: {
      means: 'a running `carto up` and a context both fit a command that writes, and nobody can be asked',
      next: 'say `--context` or `--kubeconfig`',
    },
    CARTO_NOT_FOUND: { means: 'what the command is about does not exist', next: 'see the message' },
    CARTO_CONFLICT: {
      means: 'it exists already, or somebody changed it in between',
      next: 'look at it, and run the command again',
    },
    CARTO_WAIT_TIMEOUT: { means: 'what was waited for did not come in time', next: 'see the message, or `--timeout`' },
    CARTO_DECLINED: { means: 'the answer was no, or nobody could be asked', next: 'say `--yes` if it is meant' },
    CARTO_NOTHING: { means: 'there is nothing to look at, which is no yes', next: 'see the message' },
    CARTO_QUESTION: {
      means: 'the scanner could not be asked, or did not answer',
      next: 'see the message; `carto doctor` looks at the scanner',
    },
    CARTO_ANSWER_NO: { means: 'the answer to what was asked is no', next: 'see the message' },
  },
  dataFolder: {
    CARTO_DATA_FOLDER: {
      means: 'the folder cannot be made',
      next: 'check its parent and its rights, or choose another with `--data`',
    },
    CARTO_DATA_LOCKED: {
      means: 'another process uses it; the message has its id',
      next: 'stop that process, or choose another folder',
    },
    CARTO_DATA_TOO_NEW: { means: 'a newer release wrote it', next: 'use that release, or another folder' },
    CARTO_DATA_UNREADABLE: {
      means: 'the database cannot be opened or is damaged',
      next: 'restore a copy, or move it away to start afresh',
    },
    CARTO_DATA_DAMAGED: {
      means: '`credentials.json` is damaged',
      next: 'delete it; kubeconfig and tokens are made anew',
    },
    CARTO_FILE: {
      means: 'a log, the audit log or the kubeconfig cannot be written',
      next: 'check the path, its rights and the disk; see the message',
    },
    CARTO_GIT: { means: "the example's repository cannot be made", next: 'install git; see the message' },
  },
  apiServer: {
    CARTO_KUBECONFIG: {
      means: 'a kubeconfig cannot be used; the message has file, line and next step',
      next: 'correct it',
    },
    CARTO_CREDENTIALS: {
      means: 'a token file or a credential plugin gave nothing usable',
      next: 'see the message; log in again. Retries',
    },
    CARTO_API_REFUSED: { means: 'the server refused; the message is its own text', next: 'see the message. Retries' },
    CARTO_CONNECT_FAILED: {
      means: 'nobody listens, the name does not resolve, or TLS failed',
      next: 'check that the server runs, the address, and `certificate-authority-data`. Retries',
    },
    CARTO_CONNECTION_LOST: {
      means: 'the connection broke; whether a write happened is not known',
      next: 'nothing. Retries',
    },
    CARTO_TIMEOUT: {
      means: 'no answer in time; whether a write happened is not known',
      next: 'look at the load of the server. Retries',
    },
    CARTO_ANSWER_TOO_LARGE: {
      means: 'the answer is larger than the bound',
      next: 'lists are asked for in smaller pages by themselves. Retries',
    },
    CARTO_ANSWER_MALFORMED: {
      means: 'the answer is not what Kubernetes sends',
      next: 'is there a proxy between that answers itself? Retries',
    },
    CARTO_STALE_ANSWER: { means: 'a server of several is behind what we have seen', next: 'nothing. Retries' },
    CARTO_NO_MATCH: {
      means: 'the server does not know the kind',
      next: 'install its CRD, or correct `apiVersion` and `kind`. Found again within seconds',
    },
    CARTO_TOKEN: {
      means: 'no token for a service account',
      next: 'let the controller create `serviceaccounts/token`. Retries',
    },
  },
  conventions: {
    CARTO_CONVENTION_RULE: {
      means: 'a rule of a convention does not compile, throws, costs too much or adds what no pod can have',
      next: 'correct the rule; the message has its name, the place in it and what is wrong',
    },
    CARTO_CONVENTION_CALL: {
      means:
        'a convention server cannot be asked, or did not answer with a pod template; the message has its URL and what came',
      next: 'see the message: the server, its address or its certificate. Retries, but for an address that cannot be one',
    },
  },
  store: {
    CARTO_STORE_UNREACHABLE: {
      means: 'the database of bills, advisories and findings cannot be opened or reached, or went away',
      next: 'see the message: does it run, may we log in, is the path right? Retries',
    },
    CARTO_STORE_BUSY: {
      means: 'the database took too long, or others hold its locks',
      next: 'look at its load; a file may have one process only. Retries',
    },
    CARTO_STORE_FULL: {
      means: 'the disk of the database is full',
      next: 'make room. Nothing was half written. Retries',
    },
    CARTO_STORE_TOO_NEW: {
      means: 'a newer release wrote the database',
      next: 'use that release, or an empty database',
    },
    CARTO_STORE_DAMAGED: {
      means: 'the database is damaged',
      next: 'move it away to start afresh: everything in it is made again',
    },
  },
  ytt: {
    CARTO_YTT_BUILD: {
      means: 'Go is there, and building ytt failed',
      next: 'see the message; is the network reachable?',
    },
    CARTO_YTT_LOAD: { means: 'the built module is damaged', next: 'delete `.cache/ytt` and build it again' },
    CARTO_YTT_START: { means: 'no worker could be started', next: 'look at memory and at the log. Retries' },
    CARTO_YTT_BUSY: { means: 'too many templates wait to be rendered', next: 'nothing. Retries' },
    CARTO_YTT_CLOSED: { means: 'the process is stopping', next: 'nothing' },
  },
  scanning: {
    CARTO_SCAN_INPUT: {
      means: 'the bill, folder or image that was to be scanned cannot be read',
      next: 'the message names it and what is wrong with it',
    },
    CARTO_ADVISORIES: {
      means: 'there are no advisories, or they cannot be read or downloaded as a whole',
      next: 'the message names path or host; of a folder whose files are partly broken the rest counts',
    },
  },
  images: {
    CARTO_REGISTRY: {
      means: 'a registry did not give what was asked; the message has its host, the HTTP status and its error code',
      next: '401 and 403: check the pull secret. Not asked at all: allow the destination, if it is meant. Retries, as late as it says',
    },
    CARTO_PULL_SECRET: {
      means: 'a pull secret cannot be read',
      next: 'correct the entry that the message names; nothing of its values is shown',
    },
    CARTO_ARCHIVE: {
      means: 'an archive cannot be packed or unpacked: broken, too large, or it leads out of its folder',
      next: 'see the message',
    },
    CARTO_LOCAL_SOURCE: {
      means: 'sources on this machine cannot be packed; the message has the file and the reason',
      next: 'mend it, or let a `.cartoignore` leave it out',
    },
    CARTO_IMAGE: {
      means: 'what an image says of itself cannot be read, is not what its digest says, or is larger than a bound',
      next: 'see the message. Retries where the transfer may have been at fault',
    },
  },
  laptop: {
    CARTO_GIT_FAILED: {
      means: "git failed; the message is in Flux's words where Flux has some",
      next: 'see the message. Retries',
    },
    CARTO_ARTIFACT_STORE: { means: 'an artifact cannot be stored', next: 'look at disk space and rights. Retries' },
    CARTO_PORT: { means: 'no free port on loopback', next: 'see the message' },
    CARTO_SOURCE: { means: 'the source of an image cannot be fetched', next: 'see the message. Retries' },
    CARTO_BUILD: {
      means: 'a build failed for a reason outside the source, such as the network',
      next: "see the build's log. Retries",
    },
    CARTO_BUILD_CANCELLED: { means: 'the build is not needed any more', next: 'nothing' },
    CARTO_PULL: { means: 'an image cannot be pulled', next: 'see the message. Retries' },
    CARTO_ENV: {
      means: 'a value of `env` cannot be had yet, such as a missing ConfigMap or Secret',
      next: 'make what the message names. Retries',
    },
    CARTO_PROCESS: { means: 'a program cannot be started', next: 'is it installed? See the message. Retries' },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, ErrorExplanation>>>>;

type Parts = typeof ERRORS;

/** The code of a `CartoError`; the log has it as `err.code`. */
export type ErrorCode = { [Part in keyof Parts]: keyof Parts[Part] }[keyof Parts];
