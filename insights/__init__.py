"""What the record of the desk tells: facts, figures and reports. It reads the floors below and changes none of them."""
