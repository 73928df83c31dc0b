package holdfast.store;

import java.io.IOException;

/** A file that can't be taken for good; the message says why, in words for the user. */
public class Damaged extends IOException {
    public Damaged(String reason) {
        super(reason);
    }

    /** The file is whole, but from a Holdfast that came later: it must not be overwritten. */
    public static final class Newer extends Damaged {
        public Newer(int schema) {
            super("is in a newer format (schema " + schema + ")");
        }
    }
}
