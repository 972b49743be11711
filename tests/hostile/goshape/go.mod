module example.com/goshape

go 1.26
