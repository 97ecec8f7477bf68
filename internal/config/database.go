package config

import (
	"net/url"
	"regexp"
	"strings"

	"pandian/internal/fault"
)

// defaultDatabaseVariable may be referred to without being set: a private
// server is started then. Any other variable that is not set is a mistake.
const defaultDatabaseVariable = "${PANDIAN_DATABASE_URL}"

var passwordPair = regexp.MustCompile(`(?i)(^|\s|[?&])(password|sslpassword)\s*=\s*('(?:[^'\\]|\\.)*'|[^\s&]+)`)

// databaseURL is a connection string, URL or key=value. In the file its
// password must be a reference; a variable or a flag may hold all of it.
func databaseURL(target *Secret) field {
	return field{
		key:  "url",
		show: withoutPassword,
		set: func(v given) *refusal {
			if v.origin.Kind != FromFile && !strings.HasPrefix(v.text, filePrefix) {
				return setWholeURL(target, v.text)
			}
			if problem := malformed(v.text); problem != "" {
				return badValue(`write ${NAME}, or file:PATH`, "%s", problem)
			}
			if !isReference(v.text) {
				if refused := checkURL(v.text); refused != nil {
					return refused
				}
			}
			*target = Secret{reference: v.text}
			return nil
		},
		resolve: func(r references) *fault.Error {
			if target.reference == defaultDatabaseVariable && r.environ["PANDIAN_DATABASE_URL"] == "" {
				*target = Secret{}
				return nil
			}
			return resolveSecret(target, r)
		},
	}
}

func setWholeURL(target *Secret, text string) *refusal {
	if !looksLikeDSN(text) {
		return badValue("write postgres://user@host:5432/name", "this is no PostgreSQL connection string")
	}
	*target = NewSecret(text)
	return nil
}

func checkURL(text string) *refusal {
	if !looksLikeDSN(text) {
		return badValue("write postgres://user:${PGPASSWORD}@host:5432/name", "this is no PostgreSQL connection string")
	}
	if password := passwordIn(text); password != "" && !wholeVariable.MatchString(password) {
		return &refusal{
			fault.ConfigInline,
			"the password must not stand in the file: files are copied, mailed and committed",
			"write postgres://user:${PGPASSWORD}@host/name, or ${NAME} for all of it, or leave it to ~/.pgpass",
		}
	}
	return nil
}

func looksLikeDSN(text string) bool {
	if strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://") {
		return true
	}
	return !strings.Contains(text, "://") && strings.Contains(text, "=")
}

// passwordIn returns the password of a connection string, as it is written.
func passwordIn(text string) string {
	if pair := passwordPair.FindStringSubmatch(text); pair != nil {
		return strings.Trim(pair[3], "'")
	}
	_, rest, isURL := strings.Cut(text, "://")
	if !isURL {
		return ""
	}
	authority, _, _ := strings.Cut(rest, "/")
	at := strings.LastIndex(authority, "@")
	if at < 0 {
		return ""
	}
	_, password, _ := strings.Cut(authority[:at], ":")
	return password
}

func withoutPassword(text string) string {
	password := passwordIn(text)
	if password == "" || wholeVariable.MatchString(password) {
		return text
	}
	return strings.ReplaceAll(text, password, masked)
}

// DatabaseURL returns the connection string with its references resolved. An
// empty one asks for the private server.
func (c *Config) DatabaseURL() (Secret, error) {
	database := c.Database
	if err := c.resolve("database", []field{databaseURL(&database.URL)}); err != nil {
		return Secret{}, err
	}
	if database.URL.IsZero() {
		return Secret{}, nil
	}
	resolved := database.URL.Reveal()
	if !looksLikeDSN(resolved) {
		return Secret{}, fault.New(fault.ConfigBadValue, "%s holds no PostgreSQL connection string", c.origins["database.url"]).
			At("database.url").Suggest("write postgres://user@host:5432/name")
	}
	if c.onSecret != nil {
		c.onSecret(passwordForms(resolved)...)
	}
	return database.URL, nil
}

// DataDir returns the folder of the private server, absolute or relative to the
// working directory. An empty one asks for the user's data folder.
func (c *Config) DataDir() (string, error) {
	database := c.Database
	if err := c.resolve("database", []field{folder("data_dir", &database.DataDir)}); err != nil {
		return "", err
	}
	return database.DataDir, nil
}

// passwordForms returns the password as it stands in the string and decoded.
func passwordForms(text string) []string {
	password := passwordIn(text)
	if password == "" {
		return nil
	}
	forms := []string{password}
	if decoded, err := url.PathUnescape(password); err == nil && decoded != password {
		forms = append(forms, decoded)
	}
	return forms
}
