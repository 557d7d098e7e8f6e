package model

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// Plain words an error of the Go library for people: it says what happened, and not
// which function noticed. Give it the error of the library itself, before anything is
// written around it. errors.Is and errors.As find what it was; nil stays nil.
func Plain(err error) error {
	if err == nil {
		return nil
	}
	text := plainText(err)
	if text == err.Error() {
		return err
	}
	return &plainError{text, err}
}

type plainError struct {
	text string
	err  error
}

func (e *plainError) Error() string { return e.text }
func (e *plainError) Unwrap() error { return e.err }

func plainText(err error) string {
	switch e := err.(type) {
	case *url.Error:
		return plainText(e.Err)
	case *net.OpError:
		return plainNet(e)
	case *net.DNSError:
		return plainLookup(e)
	case *net.AddrError:
		return fmt.Sprintf("%q: %s", e.Addr, e.Err)
	case *os.SyscallError:
		return plainText(e.Err)
	case *fs.PathError:
		return e.Path + ": " + plainText(e.Err)
	case *strconv.NumError:
		if errors.Is(e.Err, strconv.ErrRange) {
			return e.Num + " is out of range"
		}
		return fmt.Sprintf("%q is not a number", e.Num)
	case *json.SyntaxError:
		return fmt.Sprintf("it is not JSON from byte %d on", e.Offset)
	case *json.UnmarshalTypeError:
		return plainMember(e)
	}
	return plainEnd(err)
}

// plainEnd words errors that stand for an end, and those of TLS.
func plainEnd(err error) string {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.Is(err, io.EOF):
		return "the peer closed the connection"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the peer closed the connection in the middle of a message"
	case errors.Is(err, net.ErrClosed):
		return "the connection is closed"
	case errors.As(err, new(tls.RecordHeaderError)), strings.HasSuffix(err.Error(), "server gave HTTP response to HTTPS client"):
		return "the peer does not speak TLS"
	case errors.As(err, new(x509.UnknownAuthorityError)):
		return "the peer's certificate is of an unknown CA"
	}
	return withoutPackage(err.Error())
}

func plainNet(e *net.OpError) string {
	switch lookup := (*net.DNSError)(nil); {
	case errors.As(e.Err, &lookup):
		return plainLookup(lookup)
	case e.Timeout():
		return "no answer in time"
	case e.Op == "remote error":
		return "the peer refuses: " + withoutPackage(e.Err.Error())
	}
	return plainText(e.Err)
}

func plainLookup(e *net.DNSError) string {
	switch {
	case e.IsNotFound:
		return "no host is called " + e.Name
	case e.IsTimeout:
		return "no name server says in time where " + e.Name + " is"
	}
	return fmt.Sprintf("no name server says where %s is: %s", e.Name, e.Err)
}

// plainMember says which member of a JSON document has a value of the wrong kind.
func plainMember(e *json.UnmarshalTypeError) string {
	kind, _, _ := strings.Cut(e.Value, " ")
	if e.Field == "" {
		return fmt.Sprintf("byte %d: %s is not what belongs there", e.Offset, kind)
	}
	return fmt.Sprintf("%s: %s is not what belongs there", e.Field, kind)
}

// withoutPackage takes off the names of packages that a text begins with.
func withoutPackage(text string) string {
	for {
		name, rest, ok := strings.Cut(text, ": ")
		if !ok || !packageNames[name] {
			return text
		}
		text = rest
	}
}

// packageNames are those that errors of our libraries begin with.
var packageNames = map[string]bool{
	"tls": true, "x509": true, "http": true, "http2": true, "json": true, "yaml": true, "net": true, "net/http": true, "bufio": true, "local error": true,
}
