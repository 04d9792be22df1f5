/** The file system that a path lies on. */
export interface Mount {
  readonly folder: string
  /** As the kernel names it: `ext4`, `nfs4`. */
  readonly type: string
}

const network =
  /^(?:nfs\d?|cifs|smb\w*|9p|afs|ceph|lustre|gpfs|glusterfs|ocfs2|virtiofs|vboxsf|fuse\.(?:sshfs|glusterfs|ceph|s3fs|gcsfuse|rclone|cifs|nfs)\b.*)$/
const volatile = /^(?:tmpfs|ramfs|overlay|aufs)$/

/** LMDB's locks and its map work within one host alone. */
export function isNetwork({ type }: Mount): boolean {
  return network.test(type)
}

/** What is written is lost with the host's memory, or with the container. */
export function isVolatile({ type }: Mount): boolean {
  return volatile.test(type)
}

/** What is left to who is not root. */
export interface FreeSpace {
  readonly bavail: number
  /** Bytes of each. */
  readonly bsize: number
}

/** Less than 256 MB. */
export function isNearlyFull({ bavail, bsize }: FreeSpace): boolean {
  return bavail * bsize < 256 * 1024 * 1024
}

/**
 * The mount that a path lies on, the last of those that lie over one another.
 *
 * @param mountinfo text of `/proc/self/mountinfo`
 * @param path absolute, without links
 */
export function mountOf(path: string, mountinfo: string): Mount | null {
  let best: Mount | null = null
  for (const line of mountinfo.split('\n')) {
    // 36 35 98:0 /root /folder options [optional …] - type source options
    const [head = '', tail] = line.split(' - ')
    const folder = unescaped(head.split(' ')[4] ?? '')
    const type = tail?.split(' ', 1)[0]
    if (type === undefined || folder === '') continue
    const isAbove = path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
    if (isAbove && folder.length >= (best?.folder.length ?? 0)) best = { folder, type }
  }
  return best
}

/** Blanks are written as `\040`. */
function unescaped(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
}
