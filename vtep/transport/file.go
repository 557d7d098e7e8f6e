package transport

import (
	"fmt"
	"io"
	"os"

	"bordergw/model"
)

// ReadFile reads a file of at most limit bytes: whoever writes to it does not fill the
// memory. Its errors name the file and are for people.
func ReadFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, model.Plain(err)
	}
	defer f.Close()
	return ReadAll(f, path, limit)
}

// ReadAll is ReadFile of what is open already and has the given name.
func ReadAll(r io.Reader, name string, limit int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return text, model.Plain(err)
}
