/** What is peculiar to an agent: where its settings are, and how it is told to call Holdfast. */
@NullMarked
package holdfast.agent;

import org.jspecify.annotations.NullMarked;
