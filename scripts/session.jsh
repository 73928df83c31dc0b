///usr/bin/env jbang --interactive "$0" "$@" ; exit $?
//DESCRIPTION Opens JShell on the project in this folder: state(), todos(), checkpoints(), timeline(), find("text"), ...
//DEPS ../lib/lib.java

import holdfast.cli.Cli;
import holdfast.project.Host;
import holdfast.project.Workbench;
import java.nio.file.Path;
import java.util.concurrent.Callable;

// Each verb prints what the workbench's of the same name returns: for a script, workbench.todos().rows()
var workbench = new Workbench(Host.of(System.getenv(), Path.of("").toAbsolutePath()));

void show(Callable<?> verb) { System.out.println(Cli.answer(workbench, verb)); }

void state() { show(workbench::state); }
void todos() { show(workbench::todos); }
void checkpoints() { show(workbench::checkpoints); }
void at(long checkpoint) { show(() -> workbench.at(checkpoint)); }
void diff(long from, long to) { show(() -> workbench.diff(from, to)); }
void timeline() { show(workbench::timeline); }
void find(String text) { show(() -> workbench.find(text)); }
void restore(long checkpoint) { show(() -> workbench.restore(checkpoint)); }

System.out.println("state() todos() checkpoints() at(7) diff(7, 9) timeline() find(\"text\") restore(7)");
