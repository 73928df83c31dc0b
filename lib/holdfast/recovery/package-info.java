/** What can be brought back, from which layer, and how that is told. */
@NullMarked
package holdfast.recovery;

import org.jspecify.annotations.NullMarked;
