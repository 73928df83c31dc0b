/**
 * The words of the trade as records: sessions, todos, states, checkpoints. Nothing here does I/O.
 */
@NullMarked
package holdfast;

import org.jspecify.annotations.NullMarked;
