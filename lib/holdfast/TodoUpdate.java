package holdfast;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an agent said of its list.
 *
 * @param whole the items are the whole list: an open todo that is not among them was dropped
 */
public record TodoUpdate(boolean whole, List<Item> items) {
    /** One item as the agent gave it; what is null was not said, and stays as it was. */
    public record Item(
            @Nullable String id,
            @Nullable String content,
            @Nullable TodoStatus status,
            @Nullable String component,
            @Nullable String estimatedTime,
            @Nullable String started) {}
}
