package config

// Vault says how tokens that platforms hand out are kept.
type Vault struct {
	// Key seals them in the database: 32 random bytes as hex or base64. Without it
	// they are kept in memory only. Default empty. Use Config.VaultKey to read it.
	Key Secret
}

func (v *Vault) fields() []field {
	return []field{secret("key", &v.Key)}
}

// VaultKey returns the key with its reference resolved; empty where none is
// configured.
func (c *Config) VaultKey() (Secret, error) {
	vault := c.Vault
	if err := c.resolve("vault", vault.fields()); err != nil {
		return Secret{}, err
	}
	if c.onSecret != nil && !vault.Key.IsZero() {
		c.onSecret(vault.Key.Reveal())
	}
	return vault.Key, nil
}
