/** Durable files: the one write path, the lock, the store's identity, checkpoints, retention. */
@NullMarked
package holdfast.store;

import org.jspecify.annotations.NullMarked;
