/** All events of a store in order: writing them, reading them, and what they add up to. */
@NullMarked
package holdfast.journal;

import org.jspecify.annotations.NullMarked;
