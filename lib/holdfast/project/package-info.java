/** A project under protection: where it is, its settings, taking checkpoints, setting it up. */
@NullMarked
package holdfast.project;

import org.jspecify.annotations.NullMarked;
