/** The user's repository. The only package that knows JGit. */
@NullMarked
package holdfast.git;

import org.jspecify.annotations.NullMarked;
