// Package trail is the history of what happens: events, and where each MAC address was. It owns
// one file, which holds nothing that anything else depends on: a damaged file is put aside and a
// new one begun.
//
// Whoever reports something is never kept waiting and never fails: Happened, Became and MACs note
// it in memory, bounded, and Run writes it, all that has come in a while with one commit. An event has an
// id only when it is durable, so that no id ever means two things. What does not fit is counted.
//
// Readers read the file, page by page, each from where it is: nothing is kept for them. A page is a
// copy; no transaction stays open while anybody waits for a client.
package trail
