package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/pflag"

	"bordergw/model"
	"bordergw/site"
)

// managedBy is the attribute that names the program that keeps an object.
const managedBy = "managed_by"

// managerAttribute is whose an object is. To change it is the way to give an object up.
func managerAttribute() attribute {
	return attribute{flag: "managed-by", key: managedBy, define: text, usage: "program or site (site:NAME) that keeps it from now on, '' for none; administrators only"}
}

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

// target gives the path of the object to change, and the object. One that another program
// manages is refused: what is done to it here would not last.
func (d *change) target(ctx context.Context, known *names, n *noun, collection, ref string) (string, object, error) {
	fields := n.identity()[1:]
	if n.managed && !d.force {
		fields = append(fields, managedBy)
	}
	found, err := known.api.find(ctx, n, collection, ref, fields...)
	if err != nil {
		return "", nil, err
	}
	if manager := found.text(managedBy); manager != "" && !d.force {
		title, err := known.titleOf(ctx, *n, found)
		if err != nil {
			return "", nil, err
		}
		return "", nil, errors.New(called(n.word, title, found.text("id")) + " " + d.refusal(manager))
	}
	return collection + "/" + url.PathEscape(found.text("id")), found, nil
}

// refusal says where an object is changed instead. A site is no program that could be asked: it is a file.
func (d *change) refusal(manager string) string {
	if name, is := strings.CutPrefix(manager, site.Manager("")); is {
		return fmt.Sprintf("is managed by site %s: change its file and `bordergw apply -f` it (`bordergw export --site %s` prints the file). "+
			"The next apply undoes what --force %s", name, name, d.does)
	}
	return fmt.Sprintf("is managed by %s: %s it there. The next comparison %s. --force %s it anyway", manager, d.verb, d.undone, d.does)
}

// delete deletes an object and gives its title.
func (d *change) delete(ctx context.Context, known *names, n *noun, collection, ref string) (string, error) {
	item, found, err := d.target(ctx, known, n, collection, ref)
	if err != nil {
		return "", err
	}
	title, err := known.titleOf(ctx, *n, found) // it has no name any more afterwards
	if err != nil {
		return "", err
	}
	_, err = known.api.call(ctx, http.MethodDelete, item, nil, "")
	return title, blamed(ctx, n, known.api, err, found)
}

// called names an object by its title and its id.
func called(word, title, id string) string {
	if title == idPrefix+id || title == id {
		return word + " " + id
	}
	return fmt.Sprintf("%s %s (%s)", word, model.Printable(title), id)
}
