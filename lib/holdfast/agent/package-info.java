/** What is peculiar to an agent: its payloads, transcripts, files. */
@NullMarked
package holdfast.agent;

import org.jspecify.annotations.NullMarked;
