package pgserver

// watcher does not exist on Windows: a killed command leaves its server
// running for the next one to find.
type watcher struct{}

func watch(*cluster, *lease, Options) *watcher { return nil }

func (w *watcher) dismiss() {}
