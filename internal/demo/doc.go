// Command demo shows bordergw at work on two emulated switches, and a third that only its own site's controller could
// touch: `make demo`.
//
// It starts the switches (internal/lab) and a controller, drives the controller with nothing but its own command line,
// shows what has come to stand in the switches, and sends pings through them. Every command is printed before its
// output, and can be typed as it stands by whoever has two switches. The exit code is 0 only if everything worked; else
// the last line names the step that did not.
//
// Where network namespaces cannot be made the switches are databases only: all but the pings.
package main
