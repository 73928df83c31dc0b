package holdfast;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Figures of one thing, most often milliseconds. */
final class Times {
    /** What is timed, or what comes before it. */
    interface Step {
        void run() throws Exception;
    }

    final List<Double> all = new ArrayList<>();

    static Times of(double... figures) {
        var times = new Times();
        for (var figure : figures) {
            times.all.add(figure);
        }
        return times;
    }

    void time(Step step) throws Exception {
        var start = System.nanoTime();
        step.run();
        all.add((System.nanoTime() - start) / 1e6);
    }

    double median() {
        return sorted().get(all.size() / 2);
    }

    private List<Double> sorted() {
        return all.stream().sorted().toList();
    }

    static String figure(double it) {
        return String.format(Locale.ROOT, it < 20 ? "%.1f" : "%.0f", it);
    }

    /** The median, with the least and the most. */
    @Override
    public String toString() {
        var sorted = sorted();
        var spread = " (" + figure(sorted.get(0)) + "-" + figure(sorted.get(all.size() - 1)) + ")";
        return figure(median()) + (all.size() == 1 ? "" : spread);
    }
}
