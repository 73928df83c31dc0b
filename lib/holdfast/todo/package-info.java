/** The documents for people and agents: rendering them, and reading what they say. */
@NullMarked
package holdfast.todo;

import org.jspecify.annotations.NullMarked;
