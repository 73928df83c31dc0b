package holdfast.project;

/** One thing that was done to a project or left, in a verb and a path. */
public record Step(String verb, String path) {}
