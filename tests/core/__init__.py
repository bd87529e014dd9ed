"""What is true, held to naive models and to tables of faults."""
