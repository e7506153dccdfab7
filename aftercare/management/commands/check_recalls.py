from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from aftercare.services import all_differences, work_out_anew

SHOWN = 20


class Command(BaseCommand):
    help = "Work out from the appointments alone who is due when and where everybody stands, and say where what is stored differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help=f"say every difference, not the first {SHOWN}")
        parser.add_argument("--mend", action="store_true", help="store what was worked out, and look once more")

    def handle(self, *args: Any, **options: Any) -> None:
        differing = self._differing(everything=options["all"])
        if differing and options["mend"]:
            work_out_anew(sorted(set(differing)))
            self.stdout.write("Mended. Looking once more:")
            differing = self._differing(everything=options["all"])
        if differing:
            raise SystemExit(1)

    def _differing(self, *, everything: bool) -> list[int]:
        """The numbers of the patients, once for each difference; it says them."""
        patients = []
        for difference in all_differences():
            patients.append(difference.patient_id)
            if everything or len(patients) <= SHOWN:
                self.stdout.write(str(difference))
        self.stdout.write(f"{len(patients)} {'difference' if len(patients) == 1 else 'differences'}.")
        return patients
