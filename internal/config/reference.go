package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"

	"pandian/internal/fault"
)

// filePrefix begins a value that stands in a file of its own: file:PATH, where
// a relative path counts from the folder of the configuration file.
const filePrefix = "file:"

// maxSecretFile is the largest file that a reference may name, in bytes.
const maxSecretFile = 64 << 10

var (
	variable      = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)
	wholeVariable = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)
)

// references turns ${NAME} and file:PATH into what they stand for. The zero
// value finds nothing.
type references struct {
	environ  map[string]string
	readFile func(path string) ([]byte, error)
	folder   string
	home     string
}

// isReference tells whether the whole of text is one reference.
func isReference(text string) bool {
	return wholeVariable.MatchString(text) || (strings.HasPrefix(text, filePrefix) && len(text) > len(filePrefix))
}

// malformed says what is wrong with the references in text; "" if nothing is.
func malformed(text string) string {
	if text == filePrefix {
		return "file: names no file"
	}
	rest := variable.ReplaceAllString(text, "")
	if i := strings.Index(rest, "${"); i >= 0 {
		return "${…} must hold the name of a variable: letters, digits and _ only"
	}
	return ""
}

// expand returns text with its references replaced. An unset or empty variable
// and an unreadable or empty file are errors that say what to do.
func (r references) expand(text string) (string, *fault.Error) {
	if path, ok := strings.CutPrefix(text, filePrefix); ok {
		return r.file(path)
	}
	var missing []string
	expanded := variable.ReplaceAllStringFunc(text, func(reference string) string {
		name := variable.FindStringSubmatch(reference)[1]
		value := r.environ[name]
		if value == "" {
			missing = append(missing, name)
		}
		return value
	})
	if len(missing) > 0 {
		names := strings.Join(missing, ", ")
		return "", fault.New(fault.ConfigNoSecret, "environment variable %s is not set or empty", names).
			Suggest("set %s for the process that runs pandian, or use a file: reference instead", names)
	}
	return expanded, nil
}

func (r references) file(path string) (string, *fault.Error) {
	path = r.absolute(path)
	if r.readFile == nil {
		return "", fault.New(fault.ConfigNoSecret, "file %s cannot be read here", path)
	}
	content, err := r.readFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fault.New(fault.ConfigNoSecret, "file %s does not exist: %w", path, err).
			Suggest("write the secret to %s, or correct the path", path)
	case err != nil:
		return "", fault.New(fault.ConfigNoSecret, "file %s cannot be read: %w", path, err).
			Suggest("make %s readable for the account that runs pandian", path)
	}
	if problem := unusable(content); problem != "" {
		return "", fault.New(fault.ConfigNoSecret, "file %s %s", path, problem).
			Suggest("let %s hold the secret and nothing else", path)
	}
	return strings.TrimRight(string(content), "\r\n"), nil
}

func (r references) absolute(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok && r.home != "" {
		return filepath.Join(r.home, rest)
	}
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(r.folder, path)
}

func unusable(content []byte) string {
	text := strings.TrimRight(string(content), "\r\n")
	switch {
	case text == "":
		return "is empty"
	case len(content) > maxSecretFile:
		return fmt.Sprintf("is larger than %d KiB", maxSecretFile>>10)
	case !utf8.ValidString(text):
		return "is not UTF-8 text"
	case strings.ContainsAny(text, "\r\n\x00"):
		return "holds more than one line"
	}
	return ""
}
