package main

import (
	"context"
	"fmt"
	"net/url"

	"github.com/spf13/pflag"
)

// managedBy is the attribute that names the program that keeps an object.
const managedBy = "managed_by"

// change is what a command does to an object.
type change struct {
	verb, does string
	// undone is what a program that manages the object does about it later.
	undone string
	// force does it all the same.
	force bool
}

func newUpdate() *change {
	return &change{verb: "change", does: "changes", undone: "undoes what is changed here"}
}

func newDelete() *change {
	return &change{verb: "delete", does: "deletes", undone: "creates it here again"}
}

// bind adds --force, if a program can manage such objects.
func (d *change) bind(fs *pflag.FlagSet, n noun) {
	if n.managed {
		fs.BoolVar(&d.force, "force", false, d.verb+" it even if another program manages it")
	}
}

// target gives the path of the object to change. An object that another program manages is
// refused: what is done to it here would not last.
func (d *change) target(ctx context.Context, api *client, n *noun, collection, ref string) (string, error) {
	var fields []string
	if n.managed && !d.force {
		fields = append(fields, managedBy)
		if n.lookup != "" {
			fields = append(fields, n.lookup)
		}
	}
	found, err := api.find(ctx, n, collection, ref, fields...)
	if err != nil {
		return "", err
	}
	if manager := found.text(managedBy); manager != "" {
		return "", fmt.Errorf("%s is managed by %s: %s it there. The next comparison %s. --force %s it anyway",
			n.called(found), manager, d.verb, d.undone, d.does)
	}
	return collection + "/" + url.PathEscape(found.text("id")), nil
}

// called names an object by its name, if it has one, and its id.
func (n *noun) called(o object) string {
	name, id := o.text(n.lookup), o.text("id")
	if name == "" || name == id {
		return n.word + " " + id
	}
	return fmt.Sprintf("%s %s (%s)", n.word, name, id)
}
