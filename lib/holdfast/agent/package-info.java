/** All that is peculiar to an agent: what its hooks tell, and the files that it keeps. */
@NullMarked
package holdfast.agent;

import org.jspecify.annotations.NullMarked;
