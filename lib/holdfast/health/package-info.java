/** What is alive and what is wrong. */
@NullMarked
package holdfast.health;

import org.jspecify.annotations.NullMarked;
