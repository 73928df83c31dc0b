/** Command lines: options that all share, one place for errors and exit codes. */
@NullMarked
package holdfast.cli;

import org.jspecify.annotations.NullMarked;
