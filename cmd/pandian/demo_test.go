package main

import (
	"testing"
)

func TestDemo(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	t.Log(s.must("run"))
	t.Log(s.must("status"))
}
