package config

import (
	"pandian/internal/encryption"
	"pandian/internal/fault"
)

// address is a web address of a connection and the key that it stands under.
type address struct{ key, url string }

// addresses lists where the connection's calls begin.
func (c Connection) addresses() []address {
	switch {
	case c.WDT != nil:
		return []address{{"url", c.WDT.URL}}
	case c.YonSuite != nil:
		return []address{{"discovery_url", c.YonSuite.DiscoveryURL}}
	case c.JST != nil:
		return []address{{"url", c.JST.URL}}
	case c.K3Cloud != nil:
		return []address{{"url", c.K3Cloud.URL}}
	case c.JDY != nil:
		return []address{{"url", c.JDY.URL}, {"router_addr", c.JDY.RouterAddr}}
	case c.TPlus != nil:
		return []address{{"url", c.TPlus.URL}}
	}
	return nil
}

// PlainAddresses lists the addresses of other machines that are called without
// encryption, once references are resolved.
func (c Connection) PlainAddresses() []string {
	var plain []string
	for _, a := range c.addresses() {
		if encryption.IsPlainText(a.url) {
			plain = append(plain, a.url)
		}
	}
	return plain
}

// plainRefusal is what is wrong with such an address where nobody allowed it.
func plainRefusal() *refusal {
	return badValue(
		"write https://; a server of your own that has no certificate needs allow_http: true beside it",
		"http:// is not encrypted: keys, documents and receivers could be read on the way",
	)
}

// checkEncryption refuses addresses that stand in the file; references are looked
// at when they are resolved.
func (d *decoder) checkEncryption(path string, c Connection) {
	if c.HTTP().AllowHTTP {
		return
	}
	for _, a := range c.addresses() {
		if encryption.IsPlainText(a.url) {
			d.refuse(join(path, a.key), d.origins[join(path, a.key)], plainRefusal())
		}
	}
}

// checkEncryption refuses addresses that came from a variable or a file.
func (c *Config) checkEncryption(connection Connection) error {
	if connection.HTTP().AllowHTTP {
		return nil
	}
	for _, a := range connection.addresses() {
		if encryption.IsPlainText(a.url) {
			r, path := plainRefusal(), join("connections."+connection.Name, a.key)
			refused := fault.New(r.code, "%s", r.what).At(path).Suggest("%s", r.hint)
			if origin := c.origins[path]; origin.Kind == FromFile {
				refused.Location = origin.String()
			}
			return refused
		}
	}
	return nil
}
