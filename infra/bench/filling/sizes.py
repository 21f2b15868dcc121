from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rows of the measured company; a second company has a fiftieth of them."""

    visits: int = 200_000
    orders: int = 50_000
    products: int = 10_000
    """Each in two warehouses."""
    customers: int = 20_000
    reps: int = 200
    teams: int = 36
    regions: int = 4
    """Departments under the root; a region's manager sees the teams below it."""
    openings: int = 40
    """Visits of each rep that wait for their check-in."""
    requests: int = 12_000
    """For money, waiting for one decision."""

    def grown(self, factor: int) -> "Sizes":
        """What the years add to the same company."""
        return replace(self, visits=self.visits * factor, orders=self.orders * factor, products=self.products * factor)


FULL = Sizes()
QUICK = Sizes(visits=10_000, orders=2_500, products=500, customers=1_000, reps=40, teams=8, openings=15, requests=1_500)
