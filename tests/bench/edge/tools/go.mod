module protoedge.localhost/bench

go 1.26
