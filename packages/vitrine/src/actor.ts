import { hostname, userInfo } from 'node:os';

/** Who asks, for records. */
export function actor(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return 'unknown'; // Containers may have no user of that number.
  }
}
